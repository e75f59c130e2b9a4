"""What functions share: settings, HTTP, observability, and the typed doors to stores."""
