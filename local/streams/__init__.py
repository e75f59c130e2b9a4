"""What reads the event stream: Lambda's event source mappings, and Firehose."""
