package dev.marrow.engine.config;

/** A setting that cannot be used. The message names the option, the value, what is allowed and where it was found. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;

    ConfigException(String where, String name, String value, String reason) {
        super(where + " '" + value + "': " + name + " " + reason);
        this.reason = reason;
    }

    public ConfigException(String message) {
        super(message);
        this.reason = message;
    }

    ConfigException(String message, Throwable cause) {
        super(message, cause);
        this.reason = message;
    }

    /** Only what is allowed, to follow the word "argument" or an option's name: "must be between …". */
    public String reason() {
        return reason;
    }
}
