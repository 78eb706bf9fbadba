"""Measuring decisions against labels: accuracy, agreement, calibration."""
