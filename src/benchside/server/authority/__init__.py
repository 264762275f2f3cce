"""The organisation's offline key and the policy it signs."""
