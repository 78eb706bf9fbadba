// parameters: agency_id
// columns: roster_version (no row, or null, when the agency was never projected)
MATCH (agency:Agency {id: $agency_id})
RETURN agency.roster_version AS roster_version
