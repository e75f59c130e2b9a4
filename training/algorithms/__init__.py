"""One module per algorithm. Each turns prepared data into arrays; `training.pipelines` combines them."""
