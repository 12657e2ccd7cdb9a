"""What benchmarks measure with: processor time of whole process trees, senders of HTTP, a server to compare with."""
