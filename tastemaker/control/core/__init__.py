"""What all resource types share: declaration, operations, lifecycle, records and ports."""
