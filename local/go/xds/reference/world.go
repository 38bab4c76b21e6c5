package main

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
)

// key names a resource.
type key struct {
	TypeURL string `json:"typeUrl"`
	Name    string `json:"name"`
}

// world is what is served.
type world interface {
	cache() cache.Cache
	// apply makes one change of what is served: resources that are new or other than before, and those that are gone.
	apply(set map[key]types.Resource, remove []key) error
}

// snapshotWorld is one snapshot for every node; each type has a version of its own, which grows when something of the type changes.
type snapshotWorld struct {
	mutex     sync.Mutex
	snapshots cache.SnapshotCache
	resources map[key]types.Resource
	versions  map[string]int
}

func newSnapshotWorld() *snapshotWorld {
	return &snapshotWorld{
		snapshots: cache.NewSnapshotCache(true, everybody{}, nil),
		resources: map[key]types.Resource{},
		versions:  map[string]int{},
	}
}

func (w *snapshotWorld) cache() cache.Cache { return w.snapshots }

func (w *snapshotWorld) apply(set map[key]types.Resource, remove []key) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for key, resource := range set {
		w.resources[key] = resource
		w.versions[key.TypeURL]++
	}
	for _, key := range remove {
		delete(w.resources, key)
		w.versions[key.TypeURL]++
	}
	snapshot := &cache.Snapshot{}
	for _, typeURL := range servedTypes {
		all := []types.Resource{}
		for key, resource := range w.resources {
			if key.TypeURL == typeURL {
				all = append(all, resource)
			}
		}
		snapshot.Resources[cache.GetResponseType(typeURL)] = cache.NewResources(strconv.Itoa(w.versions[typeURL]), all)
	}
	return w.snapshots.SetSnapshot(context.Background(), everybody{}.ID(nil), snapshot)
}

// everybody takes all nodes for one.
type everybody struct{}

func (everybody) ID(*core.Node) string { return "all" }

// linearWorld is a linear cache for each type.
type linearWorld struct {
	mux    cache.MuxCache
	linear map[string]*cache.LinearCache
}

func newLinearWorld() *linearWorld {
	world := &linearWorld{linear: map[string]*cache.LinearCache{}}
	world.mux = cache.MuxCache{
		Classify:      func(request *cache.Request) string { return request.GetTypeUrl() },
		ClassifyDelta: func(request *cache.DeltaRequest) string { return request.GetTypeUrl() },
		Caches:        map[string]cache.Cache{},
	}
	for _, typeURL := range servedTypes {
		world.linear[typeURL] = cache.NewLinearCache(typeURL)
		world.mux.Caches[typeURL] = world.linear[typeURL]
	}
	return world
}

func (w *linearWorld) cache() cache.Cache { return &w.mux }

func (w *linearWorld) apply(set map[key]types.Resource, remove []key) error {
	toSet, toRemove := map[string]map[string]types.Resource{}, map[string][]string{}
	for key, resource := range set {
		if toSet[key.TypeURL] == nil {
			toSet[key.TypeURL] = map[string]types.Resource{}
		}
		toSet[key.TypeURL][key.Name] = resource
	}
	for _, key := range remove {
		toRemove[key.TypeURL] = append(toRemove[key.TypeURL], key.Name)
	}
	for _, typeURL := range slices.Sorted(maps.Keys(w.linear)) {
		if len(toSet[typeURL])+len(toRemove[typeURL]) == 0 {
			continue
		}
		if err := w.linear[typeURL].UpdateResources(toSet[typeURL], toRemove[typeURL]); err != nil {
			return err
		}
	}
	return nil
}

var servedTypes = []string{resource.ClusterType, resource.EndpointType, resource.ListenerType, resource.RouteType}
