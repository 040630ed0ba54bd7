package dev.marrow.stress.bench;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoorsTest {
    @Test
    void readsItsCountersAmongOthers() throws IOException {
        String info = "# Marrow\r\ncommands_door_java:7\r\ncommands_door_on_host:123\r\ncommands_door_server:4\r\non_host:on\r\n";
        assertEquals(new Doors(123, 4), Doors.parse(info));
        assertEquals(new Doors(23, 1), Doors.parse(info).since(new Doors(100, 3)));
        assertThrows(IOException.class, () -> Doors.parse(info.replace("commands_door_on_host", "commands_door_else")));
    }

    @Test
    void refusesMeasurementsOfAnotherDoor() {
        assertDoesNotThrow(new Doors(99, 1)::requireOnHost);
        for (Doors wrong : List.of(new Doors(98, 2), new Doors(0, 100), Doors.NONE)) {
            IOException refused = assertThrows(IOException.class, wrong::requireOnHost);
            assertTrue(refused.getMessage().contains(wrong.text()), refused.getMessage());
        }
    }

    @Test
    void onlyAllOfThemAreCalledAll() {
        assertEquals("99.99 % of 1,000,000 commands (commands_door_on_host 999,999, commands_door_server 1)", new Doors(999_999, 1).text());
        assertTrue(new Doors(5, 0).text().startsWith("100.00 % of 5 "));
    }
}
