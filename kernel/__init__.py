"""What every layer may lean on: settings, errors, clock, ids, money, telemetry."""
