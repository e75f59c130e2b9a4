"""Tastemaker's domain: what Amazon Personalize does, without AWS, web or clock."""
