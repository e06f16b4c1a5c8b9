package oneroster

import _ "embed"

// OpenAPI is this project's own description of the part of the API that it speaks,
// in OpenAPI 3.0 YAML: the token, PATCH and GET of one enrollment, and the list.
// It is stricter than a server has to be about what is sent to it, so that a request
// which passes it is one that any reading of the API takes. It must not be modified.
//
//go:embed openapi.yaml
var OpenAPI []byte
