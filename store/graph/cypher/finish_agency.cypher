// parameters: agency_id, roster_version
// columns: none
MATCH (agency:Agency {id: $agency_id})
SET agency.roster_version = $roster_version
