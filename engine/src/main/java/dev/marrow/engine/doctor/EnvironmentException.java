package dev.marrow.engine.doctor;

/** This machine cannot run Marrow. The message names every missing point and its remedy; it is made for users. */
public final class EnvironmentException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public EnvironmentException(String message) {
        super(message);
    }
}
