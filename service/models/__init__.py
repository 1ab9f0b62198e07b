"""The models that are served: adapters and their manifests, names, the store, scores."""
