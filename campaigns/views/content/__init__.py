"""Pages of templates: the list, and the editor with its preview, checks and versions."""
