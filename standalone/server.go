package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	// namespace is the one namespace of this server.
	namespace = "madoguchi"
	// clusterName is written into the file on first start; it can never change.
	clusterName = "active"
)

// searchAttributes are the names by which cases are found in Temporal. They
// hold an organisation's ID, a kind and a stage, never anything about a person.
var searchAttributes = map[string]enumspb.IndexedValueType{
	"MadoguchiOrganisation": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"MadoguchiKind":         enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"MadoguchiStage":        enumspb.INDEXED_VALUE_TYPE_KEYWORD,
}

// prepare makes the database with schema, namespace and search attributes when
// there is none. It is made under another name and renamed when it is whole:
// the schema can only be set up in an empty file, so a start that was killed
// half-way would otherwise leave a file that no later start can repair.
func prepare(file string, retention time.Duration, attributes map[string]enumspb.IndexedValueType) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	half := file + ".half"
	for _, left := range []string{half, half + "-journal", half + "-wal", half + "-shm", file + "-wal", file + "-shm"} {
		if err := os.Remove(left); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	// No write-ahead log here: what is renamed must be the whole database.
	sql := &config.SQL{
		PluginName:        sqlite.PluginName,
		DatabaseName:      half,
		ConnectAttributes: map[string]string{"mode": "rwc"},
	}
	if err := sqliteschema.SetupSchema(sql); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	ns, err := sqliteschema.NewNamespaceConfig(clusterName, namespace, false, attributes)
	if err != nil {
		return fmt.Errorf("namespace: %w", err)
	}
	ns.Detail.Config.Retention = durationpb.New(retention)
	if err := sqliteschema.CreateNamespaces(sql, ns); err != nil {
		return fmt.Errorf("namespace: %w", err)
	}
	if err := os.Chmod(half, 0o600); err != nil {
		return err
	}
	if err := os.Rename(half, file); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// newServer builds the server: four services, one shard, no profiling port, no
// metrics port, no archive.
func newServer(file, address string) (temporal.Server, error) {
	cfg := &config.Config{}
	cfg.Persistence = config.Persistence{
		DefaultStore:     sqlite.PluginName,
		VisibilityStore:  sqlite.PluginName,
		NumHistoryShards: 1,
		DataStores: map[string]config.DataStore{
			sqlite.PluginName: {SQL: &config.SQL{
				PluginName:   sqlite.PluginName,
				DatabaseName: file,
				ConnectAttributes: map[string]string{
					"mode":         "rw", // prepare made it; a missing file is a mistake, not a fresh start
					"busy_timeout": "10000",
					"journal_mode": "wal",
					// What a workflow heard as applied must survive a power cut:
					// the applied mark in the main database does.
					"synchronous": "full",
				},
			}},
		},
	}
	host, frontPort, err := split(address)
	if err != nil {
		return nil, err
	}
	cfg.Global.Membership = config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: host}
	cfg.ClusterMetadata = &cluster.Config{
		FailoverVersionIncrement: 10,
		MasterClusterName:        clusterName,
		CurrentClusterName:       clusterName,
		ClusterInformation: map[string]cluster.ClusterInformation{
			clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: address},
		},
	}
	cfg.DCRedirectionPolicy = config.DCRedirectionPolicy{Policy: "noop"}
	cfg.PublicClient = config.PublicClient{HostPort: address}
	cfg.Archival = config.Archival{
		History:    config.HistoryArchival{State: "disabled"},
		Visibility: config.VisibilityArchival{State: "disabled"},
	}
	cfg.NamespaceDefaults = config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
		History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
		Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
	}}

	// The services find each other by fixed addresses; the gossip ring that a
	// cluster needs would only cost ports and seconds here.
	cfg.Services = map[string]config.Service{}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for _, name := range []primitives.ServiceName{
		primitives.FrontendService, primitives.HistoryService, primitives.MatchingService, primitives.WorkerService,
	} {
		at, port := address, frontPort
		if name != primitives.FrontendService {
			if at, err = freeAddress(host); err != nil {
				return nil, err
			}
			if _, port, err = split(at); err != nil {
				return nil, err
			}
		}
		cfg.Services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: host}}
		hosts[name] = static.SingleLocalHost(at)
	}

	return temporal.NewServer(
		temporal.WithConfig(cfg),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(log.NewZapLogger(log.BuildZapLogger(log.Config{Level: "warn", Format: "json"}))),
		temporal.WithDynamicConfigClient(dynamicconfig.StaticClient{
			// One machine: more partitions only make a task wait for its poller.
			dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
			dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
			dynamicconfig.EnableNexus.Key():                         false, // wants an HTTP port
		}),
	)
}

func split(address string) (host string, port int, err error) {
	host, p, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(p)
	return host, port, err
}

// awaitReady returns when a case could be started: the namespace is known with
// its retention and search attributes, history and visibility answer.
func awaitReady(ctx context.Context, address string, retention time.Duration) error {
	var last error
	for {
		if last = checkReady(ctx, address, retention); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return last
		case <-time.After(100 * time.Millisecond):
		}
	}
}
