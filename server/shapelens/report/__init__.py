"""How facts and problems are written: hints, hovers, messages, JSON and fixes. Knows no protocol."""
