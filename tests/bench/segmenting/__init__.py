"""What `./run bench segments` measures, one file each."""
