"""The YAML spec: read, checked, with all its defaults."""
