"""Admission to channels: minted here, checked by relay and PC."""
