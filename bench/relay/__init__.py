"""The relay alone: what it adds to each message, how much it carries, and what an idle connection costs."""
