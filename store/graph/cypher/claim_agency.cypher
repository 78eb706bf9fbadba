// parameters: agency_id
// columns: roster_version (null before the first replacement has ended), replacements (how often this was asked)
// The write comes before any reading: two replacements of one agency then wait for, or fail, one another.
MERGE (agency:Agency {id: $agency_id})
SET agency.replacements = coalesce(agency.replacements, 0) + 1
RETURN agency.roster_version AS roster_version, agency.replacements AS replacements
