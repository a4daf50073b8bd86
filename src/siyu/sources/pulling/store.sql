-- name: ring
notify siyu;
