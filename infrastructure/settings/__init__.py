"""The settings of a stage: how they are declared, read and checked, and the settings of each concern."""
