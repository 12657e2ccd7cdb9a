"""Messages in the shop's own pages: the channel. Who comes by is shown what waits for them; nothing leaves by any provider."""
