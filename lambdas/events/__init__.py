"""The events function: personalize-events. Events go to the stream; items, users and actions to the catalog."""
