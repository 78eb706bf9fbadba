"""The broker network: connections, referrals, standing, teams."""
