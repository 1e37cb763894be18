package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing/fstest"

	_ "github.com/glebarez/go-sqlite" // registers "sqlite"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// dialectFiles are the migrations of one database: a file is named
// NNNN_what.all.sql where both agree, and NNNN_what.<dialect>.sql otherwise.
func dialectFiles(dialect string) (fs.FS, error) {
	entries, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	out := fstest.MapFS{}
	for _, e := range entries {
		base := strings.TrimSuffix(e.Name(), ".sql")
		which := strings.TrimPrefix(path.Ext(base), ".")
		if which != "all" && which != dialect {
			continue
		}
		text, err := fs.ReadFile(migrations, "migrations/"+e.Name())
		if err != nil {
			return nil, err
		}
		out[strings.TrimSuffix(base, path.Ext(base))+".sql"] = &fstest.MapFile{Data: text}
	}
	return out, nil
}

func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect, name string) error {
	files, err := dialectFiles(name)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, db, files)
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	return nil
}

// migrateSQLite brings the file up to date, making it if it is not there.
func migrateSQLite(ctx context.Context, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("store: the folder of %s can't be made: %w", filepath.Base(file), err)
	}
	db, err := sql.Open("sqlite", sqliteDSN(file, "&_txlock=immediate"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	return migrate(ctx, db, goose.DialectSQLite3, "sqlite")
}

// migratePostgres brings the database up to date as the role that logs in,
// which owns the tables. Two that start at once wait for each other.
func migratePostgres(ctx context.Context, url string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return fmt.Errorf("store: DATABASE_URL can't be read")
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("store: the database does not answer: %w", fault(err))
	}
	defer conn.Close()
	const key = 0x6d61646f // one lock for every migration of this product
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", key); err != nil {
		return fmt.Errorf("store: migrations: %w", fault(err))
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", key)
	return migrate(ctx, db, goose.DialectPostgres, "postgres")
}
