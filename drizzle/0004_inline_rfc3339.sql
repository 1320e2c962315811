-- Declared immutable, it was never put into the place of its call: to_char is stable. Inlined, it costs a third.
ALTER FUNCTION rfc3339(timestamptz) STABLE;
