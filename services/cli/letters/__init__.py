"""What the mesh could not handle: events that a consumer gave up, and raw messages in quarantine."""
