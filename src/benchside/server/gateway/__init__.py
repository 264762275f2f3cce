"""The agents' WebSockets and enrolment."""
