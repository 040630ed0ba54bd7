/** Keys and values in and out of a store as a file: the export format, its writer and its reader, and the import into a running server. */
package dev.marrow.engine.transfer;
