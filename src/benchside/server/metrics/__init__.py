"""Figures for operators, for Prometheus."""
