// parameters: agency_id
// columns: network_version (null before the first), replacements (how often something was replaced)
// The write comes before any reading: two replacements of one agency then wait for, or fail, one another.
MERGE (agency:Agency {id: $agency_id})
SET agency.replacements = coalesce(agency.replacements, 0) + 1
RETURN agency.network_version AS network_version, agency.replacements AS replacements
