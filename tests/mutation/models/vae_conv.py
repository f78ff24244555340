import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class VAE(nn.Module):
    def __init__(self, in_channels=1, latent_dim=12, hidden_dims=None):
        super().__init__()
        hidden_dims = hidden_dims or [8, 16, 32]
        modules = []
        for h_dim in hidden_dims:
            modules.append(
                nn.Sequential(
                    nn.Conv2d(in_channels, out_channels=h_dim, kernel_size=3, stride=2, padding=1),
                    nn.BatchNorm2d(h_dim),
                    nn.LeakyReLU(),
                )
            )
            in_channels = h_dim
        self.encoder = nn.Sequential(*modules)
        self.fc_mu = nn.Linear(hidden_dims[-1] * 16, latent_dim)
        self.fc_var = nn.Linear(hidden_dims[-1] * 16, latent_dim)
        self.decoder_input = nn.Linear(latent_dim, hidden_dims[-1] * 16)
        dims = hidden_dims[::-1]
        modules = []
        for i in range(len(dims) - 1):
            modules.append(
                nn.Sequential(
                    nn.ConvTranspose2d(dims[i], dims[i + 1], kernel_size=3, stride=2, padding=1, output_padding=1),
                    nn.BatchNorm2d(dims[i + 1]),
                    nn.LeakyReLU(),
                )
            )
        self.decoder = nn.Sequential(*modules)
        self.final_layer = nn.Sequential(
            nn.ConvTranspose2d(dims[-1], dims[-1], 3, 2, 1, output_padding=1),
            nn.Conv2d(dims[-1], out_channels=1, kernel_size=3, padding=1),
            nn.Sigmoid(),
        )

    def encode(self, input):
        result = torch.flatten(self.encoder(input), start_dim=1)
        return [self.fc_mu(result), self.fc_var(result)]

    def decode(self, z):
        result = self.decoder_input(z).view(-1, 32, 4, 4)
        return self.final_layer(self.decoder(result))

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return torch.randn_like(std) * std + mu

    def forward(self, input):
        mu, log_var = self.encode(input)
        z = self.reparameterize(mu, log_var)
        return self.decode(z), mu, log_var


def loss_function(recons, x, mu, log_var):
    recons_loss = F.binary_cross_entropy(recons.view(-1, 1024), x.view(-1, 1024), reduction="sum")
    kld = torch.mean(-0.5 * torch.sum(1 + log_var - mu**2 - log_var.exp(), dim=1), dim=0)
    return recons_loss + kld


def main():
    loader = DataLoader(TensorDataset(torch.rand(16, 1, 32, 32)), batch_size=8, shuffle=True)
    model = VAE()
    opt = torch.optim.Adam(model.parameters())
    for (x,) in loader:
        opt.zero_grad()
        loss = loss_function(*(lambda out: (out[0], x, out[1], out[2]))(model(x)))
        loss.backward()
        opt.step()
    with torch.no_grad():
        sample = model.decode(torch.randn(3, 12))
        print(sample.shape)


if __name__ == "__main__":
    main()
