package dev.marrow.engine.server;

import dev.marrow.bpf.Abi;

/** Why the on-host programs leave a message to the server; see {@code enum onhost_pass}. INFO counts each. */
enum OnHostPass {
    CLOSED(Abi.ONHOST_PASS_CLOSED),
    STATE(Abi.ONHOST_PASS_STATE),
    UNKNOWN(Abi.ONHOST_PASS_UNKNOWN),
    AUTHORITY(Abi.ONHOST_PASS_AUTHORITY),
    COMMANDS(Abi.ONHOST_PASS_COMMANDS),
    REPLIES(Abi.ONHOST_PASS_REPLIES),
    UNREAD(Abi.ONHOST_PASS_UNREAD),
    BUFFERS(Abi.ONHOST_PASS_BUFFERS),
    SIZE(Abi.ONHOST_PASS_SIZE),
    COLD(Abi.ONHOST_PASS_COLD),
    DURABILITY(Abi.ONHOST_PASS_DURABILITY),
    STORE(Abi.ONHOST_PASS_STORE),
    KERNEL(Abi.ONHOST_PASS_KERNEL);

    private final int code;

    OnHostPass(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
