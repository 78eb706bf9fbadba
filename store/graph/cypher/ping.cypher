// parameters: none
// columns: answer
RETURN 1 AS answer
