package main

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/joho/godotenv"

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
	InsecureHTTP bool     `group:"server" help:"Allow http:// to other than loopback addresses."`
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
	var err error
	if f.values, err = godotenv.Read(f.path); err != nil {
		if os.IsNotExist(err) {
			return err
		}
		// Its words may quote a line that holds a secret.
		return fmt.Errorf("%s is not a file of KEY=VALUE lines", f.path)
	}
	return nil
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
