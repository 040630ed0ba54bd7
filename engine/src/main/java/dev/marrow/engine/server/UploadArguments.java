package dev.marrow.engine.server;

import dev.marrow.engine.command.LargeCommands;
import dev.marrow.engine.command.SizeLimits;
import dev.marrow.engine.resp.LargeArgument;
import dev.marrow.engine.resp.LargeArguments;
import dev.marrow.recovery.tiertwo.LargeValue;
import dev.marrow.recovery.tiertwo.TierTwoFullException;
import dev.marrow.recovery.tiertwo.TierTwoUnavailableException;
import dev.marrow.recovery.tiertwo.Upload;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Arguments that are too long for the table go to tier two as they come in. One an event loop. */
final class UploadArguments implements LargeArguments {
    private final Server server;
    private final Upload.Log log;

    UploadArguments(Server server, Upload.Log log) {
        this.server = server;
        this.log = log;
    }

    @Override
    public Optional<LargeArgument> begin(List<byte[]> before, int index, long length, int count) {
        long limit = server.tierTwo().bytesMax();
        if (limit == 0 || !LargeCommands.takes(before, index)) {
            return Optional.empty();
        }
        if (length > limit) {
            throw new LargeArgument.NoRoomException("OOM value is " + length + " bytes; tier two holds at most " + limit + " bytes (--tier-two)");
        }
        return Optional.of(new UploadArgument(server, server.tierTwo().upload(length), log));
    }

    @Override
    public long bytesMax() {
        return server.config().valueBytesMax();
    }

    /** One of them. */
    static final class UploadArgument implements LargeArgument {
        private final Server server;
        private final Upload upload;
        private final Upload.Log log;

        UploadArgument(Server server, Upload upload, Upload.Log log) {
            this.server = server;
            this.upload = upload;
            this.log = log;
        }

        /** To be committed. */
        Upload upload() {
            return upload;
        }

        @Override
        public long length() {
            return upload.stub().length();
        }

        @Override
        public int take(ByteBuffer in, int count) {
            return orRefuse(() -> upload.take(in, count, log));
        }

        @Override
        public boolean end() {
            return orRefuse(() -> upload.end(log));
        }

        private static <T> T orRefuse(Supplier<T> step) {
            try {
                return step.get();
            } catch (TierTwoFullException full) {
                throw new NoRoomException("OOM " + full.getMessage());
            } catch (TierTwoUnavailableException unavailable) {
                throw new NoRoomException("ERR " + unavailable.getMessage());
            }
        }

        @Override
        public byte[] bytes() {
            if (length() > server.heapValueBytesMax()) {
                throw new NoRoomException(SizeLimits.heapError(length(), server.heapValueBytesMax()));
            }
            return prefix((int) length());
        }

        @Override
        public byte[] prefix(int count) {
            int bytes = (int) Math.min(count, length());
            Optional<LargeValue> found = server.tierTwo().open(upload.stub());
            try (LargeValue value = found.orElse(null)) {
                return value == null ? new byte[0] : Values.read(value, 0, bytes);
            }
        }

        @Override
        public long bytesHeld() {
            return upload.bytesHeld();
        }

        @Override
        public void release() {
            upload.abandon();
        }
    }
}
