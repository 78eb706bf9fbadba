"""From free text to typed facts by rule: each with the exact words it rests on and a confidence. English and Spanish."""
