"""Alerts out: rules, a durable queue with grouping and repeats, and the ways to people through Apprise or mail."""
