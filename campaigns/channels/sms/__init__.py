"""SMS and WhatsApp: the channel, counting segments, reading STOP and HELP, what is answered, and its providers."""
