package dev.marrow.engine.command;

import dev.marrow.engine.resp.DecimalNumber;

/** An argument that must be a signed 64-bit integer. */
final class IntegerArgument {
    private IntegerArgument() {}

    /** @throws CommandErrorException it is not one */
    static long parse(byte[] argument) {
        return parse(argument, "ERR value is not an integer or out of range");
    }

    /** @throws CommandErrorException it is not one; with this text */
    static long parse(byte[] argument, String error) {
        DecimalNumber number = DecimalNumber.parse(argument);
        if (!number.valid()) {
            throw new CommandErrorException(error);
        }
        return number.value();
    }
}
