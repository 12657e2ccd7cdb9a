"""Schema changes of this room, one purpose a file."""
