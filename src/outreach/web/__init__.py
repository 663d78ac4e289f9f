"""What answers over HTTP. Needs the extra `web`."""
