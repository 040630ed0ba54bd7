package dev.marrow.stress.crash;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/** A key to which all connections append tokens of one length: each is there once, where its reply said, and nothing else is. */
final class AppendHistory implements Subject {
    private static final int TOKEN_CHARACTERS = 8;
    /** Then the key is begun anew under another name, so that values stay small. */
    private static final int TOKENS_MAX = 400;
    /** Most appends of one cycle: each logs the whole value. */
    private static final int TOKENS_PER_CYCLE_MAX = 1_000;

    private final String name;
    private final Findings findings;
    private final Set<String> issued = new HashSet<>();
    /** Token to the length that its reply told. */
    private final Map<String, Integer> told = new HashMap<>();
    private final Map<String, Integer> synced = new HashMap<>();
    private String base = "";
    private String longestRead = "";
    private int tokens;
    private int generation;

    AppendHistory(String name, Findings findings) {
        this.name = name;
        this.findings = findings;
    }

    private String key() {
        return name + "." + generation;
    }

    @Override
    public synchronized Operation change(RandomGenerator random) {
        if (issued.size() == TOKENS_PER_CYCLE_MAX) {
            return read();
        }
        String token = "%07x;".formatted(tokens++);
        issued.add(token);
        return new Append(key(), token);
    }

    private final class Append implements Operation {
        private final String key;
        private final String token;

        Append(String key, String token) {
            this.key = key;
            this.token = token;
        }

        @Override
        public List<String> command() {
            return List.of("APPEND", key, token);
        }

        @Override
        public void answered(Reply reply) {
            synchronized (AppendHistory.this) {
                if (!(reply instanceof Reply.Number(long length)) || length % TOKEN_CHARACTERS != 0 || length <= base.length()
                        || length > base.length() + (long) issued.size() * TOKEN_CHARACTERS || told.containsValue((int) length)) {
                    findings.wrong("APPEND " + key + " answered " + reply);
                    return;
                }
                findings.acknowledged(1);
                told.put(token, (int) length);
            }
        }

        @Override
        public void synced() {
            synchronized (AppendHistory.this) {
                Optional.ofNullable(told.get(token)).ifPresent(length -> synced.put(token, length));
            }
        }
    }

    @Override
    public synchronized Operation read() {
        return new Get(key(), told.values().stream().mapToInt(length -> length).max().orElse(base.length()));
    }

    private final class Get extends GetOperation {
        private final int lengthMin;

        Get(String key, int lengthMin) {
            super(key);
            this.lengthMin = lengthMin;
        }

        @Override
        public void answered(Reply reply) {
            synchronized (AppendHistory.this) {
                String value = reply instanceof Reply.Bulk(Optional<String> text) ? text.orElse("") : "?";
                boolean longer = value.length() > longestRead.length();
                if (value.length() < lengthMin || !(longer ? value.startsWith(longestRead) : longestRead.startsWith(value))) {
                    findings.wrong("GET " + key() + " answered " + reply + ", expected at least " + lengthMin + " bytes beginning as " + longestRead);
                    return;
                }
                findings.read(1);
                longestRead = longer ? value : longestRead;
            }
        }
    }

    @Override
    public synchronized void recovered(Caller server, Promise promise) throws IOException {
        Reply reply = server.call("GET", key());
        String value = reply instanceof Reply.Bulk(Optional<String> text) ? text.orElse("") : "?";
        checkNothingElse(value);
        Map<String, Integer> kept = promise == Promise.SYNCED ? synced : told;
        long lost = kept.entrySet().stream().filter(entry -> !ends(value, entry.getValue(), entry.getKey())).count();
        if (lost > 0) {
            findings.lost(lost, "tokens of " + key() + ", recovered as " + value);
        }
        if (promise == Promise.ACKNOWLEDGED_AND_READ && !value.startsWith(longestRead)) {
            findings.lost(1, "read of " + key() + " as " + longestRead + ", recovered as " + value);
        }
        startAnew(value);
    }

    private static boolean ends(String value, int end, String token) {
        return value.length() >= end && value.startsWith(token, end - TOKEN_CHARACTERS);
    }

    private void checkNothingElse(String value) {
        if (!value.startsWith(base)) {
            findings.lost(1, "key " + key() + " was " + base + " before, recovered as " + value);
            return;
        }
        Set<String> seen = new HashSet<>();
        for (int at = base.length(); at < value.length(); at += TOKEN_CHARACTERS) {
            String token = value.substring(at, Math.min(value.length(), at + TOKEN_CHARACTERS));
            if (!issued.contains(token) || !seen.add(token)) {
                findings.wrong("key " + key() + " holds '" + token + "' at " + at + ", never sent or there already");
            }
        }
    }

    private void startAnew(String value) {
        issued.clear();
        told.clear();
        synced.clear();
        if (value.length() > TOKENS_MAX * TOKEN_CHARACTERS) {
            generation++;
            base = "";
        } else {
            base = value;
        }
        longestRead = base;
    }
}
