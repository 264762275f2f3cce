"""What the vendor's administrators look after: people, groups, training, customers and sites, and what they propose."""
