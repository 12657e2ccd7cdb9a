"""The dashboard's own pages: the styleguide and the pages shown when something went wrong."""
