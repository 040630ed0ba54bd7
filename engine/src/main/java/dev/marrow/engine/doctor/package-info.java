/**
 * What Marrow needs of the machine, checked before anything is loaded. Reads files only, makes no native call: it runs, and
 * explains, where Marrow itself cannot.
 */
package dev.marrow.engine.doctor;
