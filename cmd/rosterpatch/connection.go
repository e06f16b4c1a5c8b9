package main

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"rosterpatch/importer"
	"rosterpatch/importer/report"
	"rosterpatch/importer/sandbox"
)

// connection says which server to talk to, and as whom. A flag goes before the
// environment, and that before --env-file.
type connection struct {
	BaseURL      string   `group:"server" env:"ROSTERPATCH_BASE_URL" placeholder:"URL" help:"Server root; a path prefix is allowed."`
	TokenURL     string   `group:"server" env:"ROSTERPATCH_TOKEN_URL" placeholder:"URL" help:"OAuth2 client-credentials token endpoint."`
	Scope        []string `group:"server" env:"ROSTERPATCH_SCOPES" sep:"," help:"OAuth2 scope to ask for; repeatable, or several with commas or spaces between."`
	EnvFile      envFile  `group:"server" placeholder:"FILE" help:"KEY=VALUE lines for what neither a flag nor the environment says. ROSTERPATCH_CLIENT_ID and ROSTERPATCH_CLIENT_SECRET (or ROSTERPATCH_CLIENT_SECRET_FILE) are read from the environment or from here, never from a flag."`
	InsecureHTTP bool     `group:"server" help:"Allow http:// for addresses other than loopback."`
	Sandbox      bool     `group:"server" help:"Start the embedded sandbox and use it; every sourcedId exists there. Needs no other setting."`
}

// envFile is a file of KEY=VALUE lines.
type envFile struct {
	path   string
	values map[string]string
}

// Decode reads the file as kong meets the flag.
func (f *envFile) Decode(ctx *kong.DecodeContext) error {
	if err := ctx.Scan.PopValueInto("file", &f.path); err != nil {
		return err
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	f.values, err = parseEnv(string(text))
	if err != nil {
		return fmt.Errorf("%s:%w", f.path, err)
	}
	return nil
}

// parseEnv reads KEY=VALUE lines, as schedulers and containers do: a value is
// taken as it stands, less the space and one pair of quotes around it, for a
// secret may hold any character. Its error does not quote the line, which may
// hold a secret.
func parseEnv(text string) (map[string]string, error) {
	values := make(map[string]string)
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || key == "" || strings.ContainsAny(key, " \t\"'") {
			return nil, fmt.Errorf("%d: the line is not KEY=VALUE", number)
		}
		if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		values[key] = value
	}
	return values, nil
}

// BeforeResolve lets the file speak where neither a flag nor the environment does.
func (f envFile) BeforeResolve(ctx *kong.Context, trace *kong.Path) error {
	values := ctx.FlagValue(trace.Flag).(envFile).values
	ctx.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			if os.Getenv(name) != "" { // set to nothing is not set: schedulers leave such
				return nil, nil
			}
			if v, ok := values[name]; ok {
				return v, nil
			}
		}
		return nil, nil
	}))
	return nil
}

// lookup is a setting that has no flag.
func (c *connection) lookup(name string) string {
	return cmp.Or(os.Getenv(name), c.EnvFile.values[name])
}

// server is the server to talk to. close ends the sandbox that it started, if
// it did.
func (c *connection) server() (s importer.Server, close func() error, err error) {
	if c.Sandbox {
		live, err := sandbox.New(sandbox.Options{Open: true}).Start("")
		if err != nil {
			return s, nil, err
		}
		return importer.Server{BaseURL: live.URL, TokenURL: live.TokenURL, ClientID: "sandbox", ClientSecret: "sandbox-secret"}, live.Close, nil
	}
	secret, err := c.secret()
	return importer.Server{
		BaseURL: c.BaseURL, TokenURL: c.TokenURL, Scopes: strings.Fields(strings.Join(c.Scope, " ")), InsecureHTTP: c.InsecureHTTP,
		ClientID: c.lookup("ROSTERPATCH_CLIENT_ID"), ClientSecret: secret,
	}, func() error { return nil }, err
}

func (c *connection) secret() (string, error) {
	if s := c.lookup("ROSTERPATCH_CLIENT_SECRET"); s != "" {
		return s, nil
	}
	path := c.lookup("ROSTERPATCH_CLIENT_SECRET_FILE")
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", &importer.UsageError{Flag: "ROSTERPATCH_CLIENT_SECRET_FILE", Problem: "cannot be read: " + err.Error()}
	}
	return strings.TrimSpace(string(text)), nil
}

// again is the flags with which a next command reaches the same server.
func (c *connection) again() string {
	var flags []string
	add := func(flag, value, env string) {
		if value != "" && c.lookup(env) != value {
			flags = append(flags, flag+" "+report.ShellQuoted(value))
		}
	}
	add("--base-url", c.BaseURL, "ROSTERPATCH_BASE_URL")
	add("--token-url", c.TokenURL, "ROSTERPATCH_TOKEN_URL")
	add("--scope", strings.Join(c.Scope, ","), "ROSTERPATCH_SCOPES")
	if c.EnvFile.path != "" {
		flags = append(flags, "--env-file "+report.ShellQuoted(c.EnvFile.path))
	}
	if c.InsecureHTTP {
		flags = append(flags, "--insecure-http")
	}
	if c.Sandbox {
		flags = append(flags, "--sandbox")
	}
	return strings.Join(flags, " ")
}
