// parameters: agency_id
// columns: replacements (how often this was asked for)
// The write comes first: whoever begins another replacement waits for, or fails, this one.
MATCH (agency:Agency {id: $agency_id})
SET agency.roster_version = null
WITH agency
RETURN agency.replacements AS replacements
